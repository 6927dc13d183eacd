import { describe, expect, test } from 'vitest';

import { everythingShown } from '../support/rejection.ts';
import {
  failureOf,
  imagesOf,
  profileFile,
  request,
  valuesWith,
  warningsOf,
} from '../support/sample-profiles.ts';

describe('what is missing', () => {
  test('is named with profile, pack, key, line, macro, and what to pass', () => {
    expect(
      failureOf({ profiles: [profileFile([valuesWith('a:1', 'a:{{.spectro.macro.tag}}')])] }),
    ).toMatchObject({
      code: 'MACRO_UNRESOLVED',
      kind: 'usage',
      message: expect.stringMatching(
        /^profile sample, pack pack-0, pack\.content\.images\[1\] \(line 5\): \{\{\.spectro\.macro\.tag\}\} /,
      ),
      suggestions: ['Pass --macro tag=VALUE'],
    });
  });

  test.each([
    ['{{.spectro.var.Nope}}', 'defines no such variable', 'Pass --var Nope=VALUE'],
    ['{{.spectro.var.Bare}}', 'no default', 'Pass --var Bare=VALUE'],
    ['{{.spectro.system.cluster.uid}}', 'on the cluster', 'Pass --macro system.cluster.uid=VALUE'],
    ['{{.spectro.pack.nope.x}}', 'no given profile has the pack', '--profile'],
    ['{{.spectro.pack.pack-0.nope}}', 'pack pack-0 have nothing there', 'Correct the path'],
    ['{{.spectro.pack.pack-0.pack}}', 'names a map', ''],
    ['{{.spectro.pack.pack-0.__proto__.x}}', 'nothing there', ''],
    ['{{.spectro.pack.pack-0.constructor}}', 'nothing there', ''],
    ['{{.spectro.other.x}}', 'pack, var, macro and system', ''],
  ])('%s', (macro, reason, suggestion) => {
    const profile = profileFile([valuesWith(`"a:${macro}"`)], { variables: [{ name: 'Bare' }] });
    const error = failureOf({ profiles: [profile] });
    expect(error.code).toBe('MACRO_UNRESOLVED');
    expect(error.message).toContain(macro);
    expect(error.message).toContain(reason);
    expect(error.suggestions.join(' ')).toContain(suggestion);
  });

  test('is traced to where it is needed', () => {
    const values = `a: "{{.spectro.pack.pack-0.b}}"\nb: "{{.spectro.macro.deep}}"\n${valuesWith('x:{{.spectro.pack.pack-0.a}}')}`;
    expect(failureOf({ profiles: [profileFile([values])] }).message).toMatch(
      /\{\{\.spectro\.macro\.deep\}\} cannot .*needed by \{\{\.spectro\.pack\.pack-0\.b\}\}, needed by \{\{\.spectro\.pack\.pack-0\.a\}\}/,
    );
  });

  test('all of it is listed', () => {
    const error = failureOf({
      profiles: [
        profileFile([valuesWith('"{{.spectro.macro.a}}/{{.spectro.macro.b}}"', 'x:{{.spectro.var.C}}')]),
      ],
    });
    expect(error.code).toBe('MACRO_UNRESOLVED');
    expect(error.suggestions).toEqual(['Pass --macro a=VALUE', 'Pass --macro b=VALUE', 'Pass --var C=VALUE']);
    expect(error.message.split('\n')).toHaveLength(4);
  });

  test('does not matter where no image depends on it', () => {
    const values = `${valuesWith('a:1')}password: {{.spectro.macro.secret}}\nhost: "x.{{.spectro.system.cluster.name | upper}}"\n`;
    const manifest =
      'kind: Pod\nspec:\n  hostname: {{.spectro.macro.host}}\n  containers: [{image: "b:1"}]\n';
    const profiles = [profileFile([{ values, manifests: [{ name: 'm', content: manifest }] }])];
    expect(imagesOf({ profiles })).toEqual(['docker.io/library/a:1', 'docker.io/library/b:1']);
  });
});

describe('circles and bombs', () => {
  test('a circle is named whole', () => {
    const values = `a: "{{.spectro.pack.pack-0.b}}"\nb: "{{ .spectro.pack.pack-0.a }}"\n${valuesWith('x:{{.spectro.pack.pack-0.a}}')}`;
    const error = failureOf({ profiles: [profileFile([values])] });
    expect(error.code).toBe('MACRO_CYCLE');
    expect(error.message).toContain(
      '{{.spectro.pack.pack-0.a}} → {{.spectro.pack.pack-0.b}} → {{ .spectro.pack.pack-0.a }}',
    );
  });

  test('a circle over variables, macros and profiles ends too', () => {
    const one = profileFile(
      [{ name: 'one', values: 'x: "{{.spectro.pack.two.x}}"\nstylusPackage: "{{.spectro.pack.one.x}}"' }],
      { name: 'p1' },
    );
    const two = profileFile([{ name: 'two', values: 'x: "{{.spectro.var.V}}"' }], {
      name: 'p2',
      variables: [{ name: 'V', defaultValue: '{{.spectro.macro.m}}' }],
    });
    const macros = new Map([['m', '{{.spectro.pack.one.x}}']]);
    expect(failureOf({ profiles: [one, two], macros }).code).toBe('MACRO_CYCLE');
  });

  const chain = (length: number, text: (next: string) => string, last: string) => {
    const lines = Array.from(
      { length },
      (_, step) => `k${step}: "${text(`{{.spectro.pack.pack-0.k${step + 1}}}`)}"`,
    );
    return [...lines, `k${length}: ${last}`, 'stylusPackage: "{{.spectro.pack.pack-0.k0}}"'].join('\n');
  };

  test('a text that doubles at every step is stopped', () => {
    const profiles = [profileFile([chain(30, (next) => next + next, 'xx')])];
    expect(failureOf({ profiles }).code).toBe('MACRO_TOO_LARGE');
  });

  test('so is one that doubles towards something missing', () => {
    const profiles = [profileFile([chain(30, (next) => next + next, '"{{.spectro.macro.no}}"')])];
    const error = failureOf({ profiles });
    expect(error.code).toBe('MACRO_UNRESOLVED');
    expect(error.message.length).toBeLessThan(1000);
  });

  test('a chain is followed, but not without end', () => {
    expect(imagesOf({ profiles: [profileFile([chain(25, (next) => next, 'a:1')])] })).toEqual([
      'docker.io/library/a:1',
    ]);
    expect(failureOf({ profiles: [profileFile([chain(60, (next) => next, 'a:1')])] }).code).toBe(
      'MACRO_TOO_LARGE',
    );
  });
});

describe('sensitive variables', () => {
  const profiles = (text: string) => [
    profileFile([{ values: `x: "{{.spectro.var.S}}"\n${valuesWith(text)}` }], {
      variables: [{ name: 'S', defaultValue: 'hunter2', isSensitive: true }],
    }),
  ];

  test.each(['"{{.spectro.var.S}}::x"', '"B/{{.spectro.pack.pack-0.x}}"', '"a b {{.spectro.var.S}}"'])(
    'the value of %s is not in the error',
    (text) => {
      const error = failureOf({ profiles: profiles(text) });
      expect(error.code).toBe('REFERENCE_INVALID');
      expect(error.message).toContain('.spectro.');
      expect(everythingShown(error)).not.toContain('hunter2');
      const given = failureOf({ profiles: profiles(text), variables: new Map([['S', 'swordfish']]) });
      expect(everythingShown(given)).not.toContain('swordfish');
    },
  );

  test('one that ends up in a reference is warned about', () => {
    expect(request({ profiles: profiles('a:{{.spectro.var.S}}') }).images).toHaveLength(1);
    expect(warningsOf({ profiles: profiles('a:{{.spectro.var.S}}') })).toEqual([
      expect.stringMatching(/^SENSITIVE_IN_REFERENCE .*variable S /),
    ]);
  });

  test('a default in a broken document is not in the error', () => {
    const text = 'spec:\n  variables:\n    - {name: S, isSensitive: true, defaultValue: hunter2\n  packs: []';
    expect(everythingShown(failureOf({ profiles: [{ name: 'p.yaml', text }] }))).not.toContain('hunter2');
  });
});
