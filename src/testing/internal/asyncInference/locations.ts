/** Locations of inputs and outputs: AWS also accepts `https:` URLs of objects in Amazon S3. */

const httpsPattern = /^https:\/\/(?:([^/]+)\.)?s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?\/(.+)$/

const decode = (key: string): string => {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

/** The `s3:` URL for an `https:` URL of Amazon S3. Any other text is returned unchanged. */
export const toS3Location = (url: string): string => {
  const [, bucket, path] = httpsPattern.exec(url) ?? []
  if (path === undefined) {
    return url
  }
  return bucket === undefined ? `s3://${decode(path)}` : `s3://${bucket}/${decode(path)}`
}
