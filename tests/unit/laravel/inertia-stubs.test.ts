import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { compileScript, parse } from '@vue/compiler-sfc';

const STUBS = 'laravel/stubs/inertia';
const names = readdirSync(STUBS);

/** The component as JavaScript, with its template inside. @throws SyntaxError of the compiler */
function compile(source: string, filename: string): { code: string; imports: string[]; problems: string[] } {
  const { descriptor, errors } = parse(source, { filename });
  const script = compileScript(descriptor, { id: filename, inlineTemplate: true });
  return { code: script.content, imports: Object.values(script.imports ?? {}).map((one) => one.source), problems: errors.map(({ message }) => message) };
}

describe('the Vue components for Inertia', () => {
  test('are those that the documentation promises', () => {
    expect(names.sort()).toEqual(['ChatListItem.vue', 'GroupIcon.vue', 'ParticipantsCount.vue', 'ProviderBadge.vue', 'SessionFilter.vue']);
  });

  test.each(names)('%s compiles, and its template names only what there is', (name) => {
    const { code, imports, problems } = compile(readFileSync(join(STUBS, name), 'utf8'), name);
    expect(problems).toEqual([]);
    // How the compiler writes a component or a variable that the script does not have.
    expect(code).not.toMatch(/_resolveComponent|_ctx\./);
    for (const source of imports) expect(source.startsWith('./') ? names.map((one) => `./${one}`) : ['vue', '@inertiajs/vue3']).toContain(source);
  });

  test('mistakes would be noticed', () => {
    const withTemplate = (template: string, script = 'const a = 1;') => compile(`<script setup>${script}</script><template>${template}</template>`, 'wrong.vue');
    expect(withTemplate('<p>').problems).toEqual(['Element is missing end tag.']);
    expect(() => withTemplate('<p/>', 'const a = ;')).toThrow('Unexpected token');
    expect(withTemplate('<p :a="b c"/>').problems.join()).toContain('Error parsing JavaScript expression');
    expect(withTemplate('<Missing :a="nothing"/>').code).toMatch(/_resolveComponent[\s\S]*_ctx\.nothing/);
  });
});
