import { Errors } from '@oclif/core';
import type { Hook } from '@oclif/core';

import { exitCodes } from '../errors.ts';

/** oclif's hook for a word that is no command. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const known = config.commandIDs.map((command) => command.replaceAll(':', ' ')).toSorted();
  await Promise.resolve();
  throw new Errors.CLIError(
    `${config.bin} has no command ${id.replaceAll(':', ' ')}; it has ${known.join(', ')}`,
    {
      exit: exitCodes.usage,
    },
  );
};

export default commandNotFound;
