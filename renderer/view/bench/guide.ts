/** What MetalAudio's tuning guide prints of an M4 Max: another machine's figures, not measured here. By entry, in the entry's unit. */
export const guideFigures: Readonly<Record<string, number>> = {
  'FFT 512': 8,
  'FFT 1024': 15,
  'FFT 2048': 28,
  'FFT 4096': 45,
  'FFT 8192': 62,
  'FFT 16384': 89,
  'LSTM 256, layer that allocates': 9600,
  'LSTM 256, Sequential': 2100,
  'LSTM 256, compiled': 800,
  'Conv1D, 3 taps': 2.1,
};

export const guideNote = '* Another machine’s figures, printed in MetalAudio’s tuning guide for an M4 Max. Not measured here; it does not say how long its LSTM’s input or what shape its Conv1D was.';
