/**
 * Gains of a StereoPannerNode, so that an export sounds as it did in the page: a row for left and one for right, a gain for
 * each channel of the track in it.
 * @param pan −1, left, to 1, right
 */
export function panMatrix(pan: number, channels: 1 | 2): number[][] {
  if (channels === 1) {
    const angle = ((pan + 1) / 2) * (Math.PI / 2);
    return [[Math.cos(angle)], [Math.sin(angle)]];
  }
  const angle = (pan <= 0 ? pan + 1 : pan) * (Math.PI / 2);
  const [stays, crosses] = pan <= 0 ? [Math.sin(angle), Math.cos(angle)] : [Math.cos(angle), Math.sin(angle)];
  return pan <= 0
    ? [
        [1, crosses],
        [0, stays],
      ]
    : [
        [stays, 0],
        [crosses, 1],
      ];
}
