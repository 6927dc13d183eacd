import { readFile } from 'node:fs/promises';

import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

import { readFleet } from '../../src/fleet/read-fleet.ts';

const root = `${import.meta.dirname}/../..`;

test('the example is a fleet, and fits the schema that editors use; one with a misspelt field fits neither', async () => {
  const text = await readFile(`${root}/fixtures/fleet/fleet.yaml`, 'utf8');
  const schema: object = JSON.parse(
    await readFile(`${root}/docs/schemas/palette-edge-fleet.schema.json`, 'utf8'),
  );
  const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);
  expect({ isValid: validate(parse(text)), errors: validate.errors }).toEqual({
    isValid: true,
    errors: null,
  });
  expect(readFleet({ name: 'fleet.yaml', text }).sites.map(({ name }) => name)).toEqual([
    'depot-001',
    'shop-001',
    'shop-002',
    'shop-003',
  ]);
  const wrong = text.replace('split:', 'splitt:');
  expect(validate(parse(wrong))).toBe(false);
  expect(() => readFleet({ name: 'fleet.yaml', text: wrong })).toThrow('splitt: it is not known there');
});
