/** `node --import ./test/typescript.mjs file.ts` runs a file of this repository without a build, for processes that tests start. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
