import cronstrue from 'cronstrue';

interface Field {
  name: string;
  min: number;
  max: number;
  names?: readonly string[];
  /** Forms that only this field knows, such as `L`. */
  special?: RegExp;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIELDS: readonly Field[] = [
  { name: 'Second', min: 0, max: 59 },
  { name: 'Minute', min: 0, max: 59 },
  { name: 'Hour', min: 0, max: 23 },
  { name: 'Day of month', min: 1, max: 31, special: /^(?:\?|L(?:-\d{1,2})?W?|LW|\d{1,2}W)$/ },
  { name: 'Month', min: 1, max: 12, names: MONTHS },
  {
    name: 'Day of week',
    min: 1,
    max: 7,
    names: DAYS,
    special: /^(?:\?|L|(?:[1-7]|[A-Z]{3})L|(?:[1-7]|[A-Z]{3})#[1-5])$/,
  },
  { name: 'Year', min: 1970, max: 2199 },
];

/**
 * Checks a Quartz cron expression of 6 or 7 fields, `H` for "any one time" included, and gives it back in one spelling.
 *
 * @throws Error that says which field is wrong and why
 */
export function parseQuartzCron(expression: string): string {
  const parts = expression.trim().toUpperCase().split(/\s+/);
  if (parts.length < 6 || parts.length > 7) {
    throw new Error(
      `Cron expression contains ${parts.length} parts but we expect 6 or 7: "${expression.slice(0, 100)}"`,
    );
  }
  parts.forEach((part, index) => {
    const field = FIELDS[index];
    if (field !== undefined) checkField(field, part);
  });
  const [, , , dayOfMonth, , dayOfWeek] = parts;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error('Exactly one of day of month and day of week must be "?"');
  }
  return parts.join(' ');
}

/** An expression that {@link parseQuartzCron} has given, in words; one with `H` as it is, since its times are chosen later. */
export function describeQuartzCron(expression: string): string {
  if (/\bH\b/.test(expression)) return expression;
  return cronstrue.toString(expression, { dayOfWeekStartIndexZero: false });
}

function checkField(field: Field, text: string): void {
  for (const item of text.split(',')) {
    if (item === '') throw new Error(`${field.name}: there is nothing between two commas`);
    if (field.special?.test(item) === true) continue;
    checkItem(field, item);
  }
}

function checkItem(field: Field, item: string): void {
  const [range = '', step, ...rest] = item.split('/');
  if (rest.length > 0) throw new Error(`${field.name}: "${item}" has more than one step`);
  if (step !== undefined && !(/^\d{1,4}$/.test(step) && Number(step) > 0 && Number(step) <= field.max)) {
    throw new Error(`${field.name}: the step in "${item}" must be a number from 1 to ${field.max}`);
  }
  if (range === '*' || /^H(?:\(\d{1,4}-\d{1,4}\))?$/.test(range)) return;
  const bounds = range.split('-');
  if (bounds.length > 2) throw new Error(`${field.name}: "${item}" is no range`);
  for (const bound of bounds) checkValue(field, bound);
}

function checkValue(field: Field, text: string): void {
  if (field.names?.includes(text) === true) return;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.min && value <= field.max) return;
  throw new Error(`${field.name}: "${text}" must be from ${field.min} to ${field.max}`);
}
