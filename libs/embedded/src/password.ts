import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from './embedded-server.error.js';

export const PASSWORD_FILE = 'password';

/**
 * The password of the server in `folder`, made up on first use. The servers listen on the loopback address, which every
 * user of the machine can reach, so that alone does not keep anybody out.
 */
export async function loadPassword(folder: string): Promise<string> {
  const file = join(folder, PASSWORD_FILE);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  return password;
}
