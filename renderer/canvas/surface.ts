/** The drawing context of a canvas whose pixels match the screen's; sizes are CSS pixels. Null while it has no size. */
export interface Surface {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
}

export function surfaceOf(canvas: HTMLCanvasElement): Surface | null {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = window.devicePixelRatio;
  const context = canvas.getContext('2d');
  if (context === null || width === 0 || height === 0) return null;
  const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth;
    canvas.height = pixelHeight;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.globalAlpha = 1;
  return { context, width, height };
}

/** A token's value where this element stands: themes differ. */
export function token(element: Element, name: string): string {
  return getComputedStyle(element).getPropertyValue(name).trim();
}
