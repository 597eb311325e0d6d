import type { ContextSource } from '../values/context-source.js';
import type { Method } from './method.js';

/** `stage.getContext()` and `stage.hasSucceeded()` read the properties `context` and `hasSucceeded`. */
export function findBeanMethod(bean: ContextSource, name: string): Method<ContextSource> | undefined {
  if (!bean.strictKeys) return undefined;
  const [, rest] = /^(?:get|is)([A-Z]\w*)$/.exec(name) ?? [];
  const key = rest ? rest.charAt(0).toLowerCase() + rest.slice(1) : name;
  if (!bean.has(key)) return undefined;
  return { min: 0, max: 0, call: (self) => self.get(key) ?? null };
}
