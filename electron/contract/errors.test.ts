import { describe, expect, it } from 'vitest';
import { fromWriteError, printable, StemwrightError, toFault } from './errors.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

describe('printable', () => {
  it.each([
    ['plain caf\u00e9.wav', 'plain caf\u00e9.wav'],
    ['line\nbreak', 'line\\u{a}break'],
    ['\u001b[31mred', '\\u{1b}[31mred'],
    ['turned \u202egnp.exe', 'turned \\u{202e}gnp.exe'],
    ['half \ud800 a pair', 'half \\u{d800} a pair'],
  ])('%j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('a failed write', () => {
  it.each(['ENOSPC', 'EDQUOT'])('%s is a lack of room', (code) => {
    expect(fromWriteError(systemError(code), '/out')).toMatchObject({ code: 'no-room', message: expect.stringContaining('/out') as string });
  });

  it.each(['EACCES', 'EROFS', 'ENOTDIR', 'ENAMETOOLONG'])('%s is an output that cannot be written', (code) => {
    expect(fromWriteError(systemError(code), '/out')).toMatchObject({ code: 'output', message: expect.stringContaining(code) as string });
  });

  it('leaves our own faults and defects as they are', () => {
    const fault = new StemwrightError('input', 'x');
    const defect = systemError('ERR_INVALID_ARG_TYPE');
    expect(fromWriteError(fault, '/out')).toBe(fault);
    expect(fromWriteError(defect, '/out')).toBe(defect);
  });
});

it('a defect becomes one line', () => {
  expect(toFault(new TypeError('first\nsecond'))).toMatchObject({ code: 'internal', message: 'internal fault: first second' });
});
