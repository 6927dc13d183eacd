import { isConfigurable } from '../src/cli/environment-name.ts';

const scalar = { type: ['string', 'number', 'boolean'] };

/**
 * The JSON Schema of palette-edge.yaml: names of flags at the top, and sections by command. In draft 7, which editors know.
 *
 * @param commands name and flags of each command, as oclif has them
 */
export function configSchema(commands) {
  const sections = commands.map(({ name, flags }) => [
    name,
    {
      description: `Flags of ${name} alone; they win over those at the top.`,
      type: 'object',
      additionalProperties: false,
      properties: flagSchemas(flags),
    },
  ]);
  const byFlag = Map.groupBy(
    commands.flatMap(({ flags }) => Object.entries(flagSchemas(flags))),
    ([flag]) => flag,
  );
  const top = [...byFlag]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([flag, found]) => [flag, oneOf(found)]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://unpkg.com/palette-edge-content-builder/docs/schemas/palette-edge-config.schema.json',
    title: 'Config file of palette-edge',
    description:
      'Values of flags by their names, for every command that has the flag, and below the name of a command for it alone.',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: bothNamed(Object.fromEntries(top), Object.fromEntries(sections)),
  };
}

/** A flag may have the name of a command: a value is the flag's, a section the command's. */
function bothNamed(top, sections) {
  const properties = { ...top, ...sections };
  for (const name of Object.keys(sections))
    if (name in top) properties[name] = { anyOf: [top[name], sections[name]] };
  return properties;
}

function flagSchemas(flags) {
  const known = Object.entries(flags).filter(([name, { hidden }]) => isConfigurable({ name, hidden }));
  return Object.fromEntries(
    known.map(([name, flag]) => [
      name,
      { description: flag.summary ?? flag.description, ...valueSchema(flag) },
    ]),
  );
}

/** A flag of one name may be something else to another command. */
function oneOf(found) {
  const texts = new Set(found.map(([, schema]) => JSON.stringify(schema)));
  const schemas = [...texts].map((text) => JSON.parse(text));
  return schemas.length === 1 ? schemas[0] : { anyOf: schemas };
}

function valueSchema(flag) {
  if (flag.type === 'boolean') return { type: 'boolean' };
  const value = optionSchema(flag);
  return flag.multiple === true ? { anyOf: [value, { type: 'array', items: value }] } : value;
}

function optionSchema({ options, min, max }) {
  if (options !== undefined) return { enum: options };
  return min === undefined && max === undefined ? scalar : { type: 'integer', minimum: min, maximum: max };
}
