import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const MAX_BYTES = 5 * 1024 * 1024;

/**
 * Appends lines to a file that cannot fill the disk: past 5 MB it becomes `<file>.1`, in place of the one before. A line
 * that cannot be written is dropped; the servers say little, and nothing that the product needs.
 */
export function rotatingLog(file: string): (line: string) => void {
  return (line) => {
    try {
      mkdirSync(dirname(file), { recursive: true });
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > MAX_BYTES) renameSync(file, `${file}.1`);
      appendFileSync(file, `${line}\n`, { mode: 0o600 });
    } catch {
      // Nowhere to report it that is not this file.
    }
  };
}
