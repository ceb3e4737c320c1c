import { expect, it } from 'vitest';
import { looksLikeModel, looksLikeSong } from './songs.ts';

it('a folder gives its songs, and neither covers nor hidden files', () => {
  expect(['a.FLAC', 'b.mp3', 'cover.jpg', '._a.flac', 'notes.txt', 'clip.mkv'].filter(looksLikeSong)).toEqual(['a.FLAC', 'b.mp3', 'clip.mkv']);
});

it('a model is known by its ending, also one that is not supported', () => {
  expect(['955717e8.th', 'x.safetensors', 'bag.yaml', 'bs_roformer.ckpt', 'a.flac'].filter(looksLikeModel)).toEqual(['955717e8.th', 'x.safetensors', 'bag.yaml', 'bs_roformer.ckpt']);
});
