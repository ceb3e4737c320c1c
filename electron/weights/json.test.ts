import { expect, test } from 'vitest';
import { parseJson } from './json.ts';
import { cpuMs } from './testing-faults.ts';

const limits = { depth: 4, commas: 100 };

test.each([
  ['{"a":[1,2,{"b":"}\\"]"}],"c":"x:y"}'],
  ['[]'],
  [' { "a" : { "a" : 1 } , "b" : { "a" : 2 } } '],
  ['"text"'],
])('reads %s as JSON.parse does', (text) => {
  expect(parseJson(text, limits)).toEqual(JSON.parse(text));
});

test.each([
  ['{"a":1,"a":2}', 'holds the name "a" twice'],
  ['{"a":1,"\\u0061":2}', 'holds the name "a" twice'],
  ['{"a" \n:1,"b":{"c":1,"c":2}}', 'holds the name "c" twice'],
  ['{"__proto__":{}}', 'holds the name "__proto__", which is not allowed'],
  ['{"\\u005f_proto__":{}}', 'holds the name "__proto__", which is not allowed'],
  ['[[[[[1]]]]]', 'is nested deeper than 4 levels'],
  [`[${'1,'.repeat(101)}1]`, 'holds more than 100 values'],
  ['{"a":1', 'is not valid JSON'],
  ['{a:1}', 'is not valid JSON'],
  ['{"a":1}}', 'is not valid JSON'],
  ['["a":1]', 'is not valid JSON'],
  ['{"\\q":1}', 'is not valid JSON'],
  ['', 'is not valid JSON'],
])('refuses %s', (text, message) => {
  expect(() => parseJson(text, limits)).toThrow(new SyntaxError(message));
});

test('bounds depth and size before it builds anything', () => {
  const started = cpuMs();
  expect(() => parseJson('['.repeat(4_000_000), limits)).toThrow('is nested deeper');
  expect(() => parseJson(`"${'\\"'.repeat(2_000_000)}`, limits)).toThrow('is not valid JSON');
  expect(() => parseJson(`[${'0,'.repeat(2_000_000)}0]`, limits)).toThrow('holds more');
  expect(cpuMs() - started).toBeLessThan(1000);
});
