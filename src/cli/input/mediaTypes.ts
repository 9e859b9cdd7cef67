/** Media types of request bodies, by file name. */
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

/** The media type of arguments and of standard input. */
export const ofText = "application/json"

/** The media type of a file, by its extension. An unknown extension is `application/octet-stream`. */
export const ofFile = (path: string): string => {
  const extension = /\.([A-Za-z0-9]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""
  return Object.hasOwn(mediaTypes, extension) ? mediaTypes[extension] ?? "" : "application/octet-stream"
}

/** Whether a body of this media type is text. */
export const isText = (mediaType: string | undefined): boolean =>
  /^(text\/|application\/([\w.-]+\+)?(json|jsonlines|xml|yaml|x-ndjson))/i.test(mediaType ?? "")
