import { StemwrightError } from '../contract/errors.ts';

export const usage = `stemwright: takes a song apart into stems

  separate [FILE…]        FILE's stems, into <song name>/ in the current folder; without FILE, the demo song's
    --out DIR             the folder that gets <song name>/
    --model ID|PATH       house, another id of \`models list\`, or a weights file
    --mode full|time-only
    --stems a,b           only these stems
    --two-stems NAME      that stem, and everything else as no_NAME
    --format wav16|wav24|wav32f|flac|mp3|m4a|opus
    --clip-mode float|clamp|rescale
    --rate source|HZ
    --segment S           seconds that the network sees at once, 1 to 120
    --overlap 0.25        of neighbouring segments
    --shifts N --seed N   average N randomly shifted passes
    --exact-sum           make the stems add up to the song
    --precision fp32|bf16
    --group-norm standard|kahan|welford
                          how its sums are kept exact; welford otherwise
    --backend auto|cpu|gpu
    --threads N
    --trace FILE          a Chrome trace of where the time went
    --json                the report as a line on standard output
    --quiet               no progress, no warnings
  models list             the models there are
  models import PATH [--name ID]
  models download ID      htdemucs, htdemucs_ft or htdemucs_6s, from Demucs' own server
  models convert ID --precision fp16|bf16
  models verify ID
  models remove ID
  convolve IN --ir IR --out OUT
                          IN heard through the impulse response IR, as 32-bit float WAV
    --mode direct|fft|partitioned
    --block 512           a power of two from 64 to 8192
    --wet 1 --dry 0       linear gains
    --normalize none|loudness
    --backend cpu|gpu     gpu: by transforms on a GPU, whatever the mode and block
    --trace FILE          as of separate
    --json                the report as a line on standard output
  info [FILE]             what a song or a model file holds, and the instruction set that computes here
  bench [--filter RE]     what the engine does on this machine
    --peers [DIR]         beside its rivals, which \`npm run bench:peers\` gets; DIR holds their data
    --json FILE           the figures, written to FILE
    --trace FILE          as of separate
    --threads N
  studio [FILE…]          the studio in a window, FILE queued
    --port N              where its page is served; any free one else
    --no-open             no window: print the address

Exit codes: 0 done, 2 usage, 3 input, 4 model, 5 no room, 6 output, 130 cancelled.
`;

export function usageFault(message: string): StemwrightError {
  return new StemwrightError('usage', message, 'See `stemwright --help`.');
}
