/** Media types of files by their names. */
const mediaTypes: Readonly<Record<string, string>> = {
  json: "application/json",
  jsonl: "application/jsonlines",
  ndjson: "application/jsonlines",
  csv: "text/csv",
  txt: "text/plain",
  libsvm: "text/libsvm",
  svm: "text/libsvm",
  npy: "application/x-npy",
  parquet: "application/x-parquet",
  recordio: "application/x-recordio-protobuf",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  tif: "image/tiff",
  tiff: "image/tiff",
  wav: "audio/wav",
  mp3: "audio/mpeg",
  flac: "audio/flac",
  ogg: "audio/ogg",
  mp4: "video/mp4",
  pdf: "application/pdf",
  xml: "application/xml",
  html: "text/html"
}

/** The media type of a file by its extension, `application/octet-stream` for another extension. */
export const mediaTypeOfFile = (name: string): string => {
  const extension = /\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? ""
  return Object.hasOwn(mediaTypes, extension) ? mediaTypes[extension]! : "application/octet-stream"
}
