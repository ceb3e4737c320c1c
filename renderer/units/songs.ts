const songEndings =
  /\.(?:3gp|aac|ac3|aif|aiff|alac|amr|ape|au|caf|dff|dsf|flac|m4a|m4b|m4v|mka|mkv|mov|mp2|mp3|mp4|mpc|mpeg|mpg|oga|ogg|ogv|opus|spx|tta|wav|webm|wma|wmv|wv)$/i;
const modelEndings = /\.(?:th|safetensors|ya?ml|ckpt|pth?|onnx|mlmodel|mlpackage)$/i;

/** Whether a file found in a folder is taken for a song; one that is named itself may be called anything. */
export function looksLikeSong(name: string): boolean {
  return !name.startsWith('.') && songEndings.test(name);
}

/** Whether a dropped file is meant as a model, of a kind that can be used or not. */
export function looksLikeModel(name: string): boolean {
  return modelEndings.test(name);
}
