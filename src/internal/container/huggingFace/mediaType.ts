/** Recognises the format of an image or a recording by its first bytes. */

const signatures: ReadonlyArray<readonly [contentType: string, offset: number, bytes: ReadonlyArray<number>]> = [
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47]],
  ["image/gif", 0, [0x47, 0x49, 0x46, 0x38]],
  ["image/tiff", 0, [0x49, 0x49, 0x2a, 0x00]],
  ["image/tiff", 0, [0x4d, 0x4d, 0x00, 0x2a]],
  ["image/webp", 8, [0x57, 0x45, 0x42, 0x50]],
  ["image/bmp", 0, [0x42, 0x4d]],
  ["audio/wave", 8, [0x57, 0x41, 0x56, 0x45]],
  ["audio/x-flac", 0, [0x66, 0x4c, 0x61, 0x43]],
  ["audio/ogg", 0, [0x4f, 0x67, 0x67, 0x53]],
  ["audio/mpeg", 0, [0x49, 0x44, 0x33]],
  ["audio/mpeg", 0, [0xff, 0xfb]],
  ["audio/mpeg", 0, [0xff, 0xf3]],
  ["audio/mpeg", 0, [0xff, 0xf2]]
]

/** The content type of a file of a kind. The fallbacks let the container recognise the format. */
export const mediaTypeOf = (file: Uint8Array, kind: "image" | "audio"): string =>
  signatures.find(([contentType, offset, bytes]) =>
    contentType.startsWith(kind) && bytes.every((byte, index) => file[offset + index] === byte)
  )?.[0] ?? (kind === "image" ? "image/x-image" : "audio/x-audio")
