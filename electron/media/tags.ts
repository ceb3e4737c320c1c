/** Tags that describe the file or its loudness, not the song. */
const technical = /^(?:encoder|encoded_by|encoding|major_brand|minor_version|compatible_brands|handler_name|vendor_id|language|duration|bps|.*-eng|itun.*|gapless_playback|replaygain_.*|r128_.*|creation_time|timecode|coding_history|umid|metadata_block_picture|_statistics_.*|number_of_.*)$/i;

const maxTags = 64;
const maxBytes = 8192;

/** The tags worth copying to a stem: names ffmpeg can take, texts without NUL, bounded in number and length. */
export function copyableTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(tags).filter(
    ([name, value]) => !technical.test(name) && /^[^=\u0000]{1,128}$/.test(name) && !value.includes('\u0000') && Buffer.byteLength(value) <= maxBytes,
  );
  return Object.fromEntries(kept.slice(0, maxTags));
}
