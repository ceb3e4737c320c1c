export interface JsonLimits {
  depth: number;
  /** Object members, array elements and scalars together. */
  values: number;
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
    throw new SyntaxError('is not valid JSON');
  }
}

const STRING_OR_PUNCTUATION = /"(?:[^"\\]|\\.)*"|[{}[\],]/gs;

function checkStructure(text: string, limits: JsonLimits): void {
  const open: (Set<string> | null)[] = [];
  let values = 0;
  for (const match of text.matchAll(STRING_OR_PUNCTUATION)) {
    const token = match[0];
    if (token === '{' || token === '[') {
      if (open.push(token === '{' ? new Set() : null) > limits.depth) {
        throw new SyntaxError(`is nested deeper than ${limits.depth} levels`);
      }
    } else if (token === '}' || token === ']') {
      open.pop();
    } else if (token === ',') {
      if (++values > limits.values) {
        throw new SyntaxError(`holds more than ${limits.values} values`);
      }
    } else if (isMemberName(text, match.index + token.length)) {
      addName(open.at(-1), token);
    }
  }
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
    throw new SyntaxError('is not valid JSON');
  }
  if (typeof name !== 'string' || !names) {
    throw new SyntaxError('is not valid JSON');
  }
  if (name === '__proto__' || names.has(name)) {
    throw new SyntaxError(`holds the name ${JSON.stringify(name.slice(0, 80))} ${name === '__proto__' ? 'which is not allowed' : 'twice'}`);
  }
  names.add(name);
}
