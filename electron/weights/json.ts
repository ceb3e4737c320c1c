import { quoted } from './errors.ts';

export interface JsonLimits {
  depth: number;
  /** Commas: one less than the members and elements of a container, summed over all of them. */
  commas: number;
}

/**
 * JSON.parse for hostile text: bounded before anything is built, and without its silent choices. A repeated member
 * name, of which JSON.parse keeps the last, and a member called `__proto__` are errors.
 * @throws SyntaxError, in one line
 */
export function parseJson(text: string, limits: JsonLimits): unknown {
  checkStructure(text, limits);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // V8's message quotes the text, which may be anything.
    throw invalid();
  }
}

/** One pass, linear in the text whatever it holds; all that it does not look at is left to JSON.parse. */
function checkStructure(text: string, limits: JsonLimits): void {
  const open: (Set<string> | null)[] = [];
  let commas = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') {
      if (open.push(character === '{' ? new Set() : null) > limits.depth) {
        throw new SyntaxError(`is nested deeper than ${limits.depth} levels`);
      }
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',' && ++commas > limits.commas) {
      throw new SyntaxError(`holds more than ${limits.commas} values`);
    } else if (character === '"') {
      const start = at;
      at = endOfString(text, start);
      if (isMemberName(text, at + 1)) {
        addName(open.at(-1), text.slice(start, at + 1));
      }
    }
  }
}

/** The closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') {
      at++;
    } else if (text[at] === '"') {
      return at;
    }
  }
  throw invalid();
}

function isMemberName(text: string, end: number): boolean {
  let next = end;
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\t' || text[next] === '\r') {
    next++;
  }
  return text[next] === ':';
}

function addName(names: Set<string> | null | undefined, token: string): void {
  let name: unknown;
  try {
    name = JSON.parse(token);
  } catch {
    throw invalid();
  }
  if (typeof name !== 'string' || !names) {
    throw invalid();
  }
  if (name === '__proto__') {
    throw new SyntaxError('holds the name "__proto__", which is not allowed');
  }
  if (names.has(name)) {
    throw new SyntaxError(`holds the name ${quoted(name)} twice`);
  }
  names.add(name);
}

function invalid(): SyntaxError {
  return new SyntaxError('is not valid JSON');
}
