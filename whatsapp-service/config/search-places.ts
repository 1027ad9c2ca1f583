import { delimiter } from 'node:path';
import { homedir } from 'node:os';

/** Where programs live on this machine, as the environment tells it. */
export interface SearchPlaces {
  platform: NodeJS.Platform;
  /** The folders of PATH, in their order. */
  path: readonly string[];
  home: string;
  /** Windows' folders of installed programs; empty elsewhere. */
  programs: readonly string[];
}

export function searchPlaces(env: Readonly<Record<string, string | undefined>> = process.env): SearchPlaces {
  const present = (values: readonly (string | undefined)[]): string[] => values.filter((value) => value !== undefined && value !== '') as string[];
  return {
    platform: process.platform,
    path: present((env.PATH ?? env.Path ?? '').split(delimiter)),
    home: homedir(),
    programs: process.platform === 'win32' ? present([env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA]) : [],
  };
}
