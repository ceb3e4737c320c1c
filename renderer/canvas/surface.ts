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

const known = new Map<string, string>();

/** A token's value in the page's theme. Asked for once a theme: painters ask many times a frame. */
export function token(element: Element, name: string): string {
  const key = `${document.documentElement.dataset.theme ?? ''} ${name}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = getComputedStyle(element).getPropertyValue(name).trim();
  if (value !== '') known.set(key, value);
  return value;
}
