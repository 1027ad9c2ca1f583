import { accessSync, constants, mkdirSync } from 'node:fs';
import { StartError } from './start-error.js';

/**
 * Makes a folder of the settings where it is missing; by default one that only the service's own user may enter.
 * @throws StartError when it cannot be made or written to
 */
export function makeFolder(folder: string, setting: string, mode = 0o700): void {
  try {
    mkdirSync(folder, { recursive: true, mode });
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new StartError(`${setting} is ${folder}, which cannot be used as a folder to write to (${code}). Correct the setting, or the owner and the permissions of the folder.`, { cause: error });
  }
}
