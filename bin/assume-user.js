import { tmpdir, userInfo } from 'node:os';

// A user that this machine does not know, as in a container with a uid of its own, has no home and no shell. oclif and Node throw
// when they are asked for either; the variables come first everywhere.
try {
  userInfo();
} catch {
  process.env.HOME ??= tmpdir();
  process.env.SHELL ??= '/bin/sh';
}
