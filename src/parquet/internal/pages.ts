/** Checks the page headers of a column chunk before it is decoded: a small page can claim to have gigabytes. */
import type { ColumnPages } from "./footer.ts"

type Deserialize = (reader: { readonly view: DataView; offset: number }) => { readonly [field: string]: unknown }

const numberAt = (value: unknown, field: string): number => {
  const found = (value as { readonly [field: string]: unknown } | undefined)?.[field]
  return typeof found === "number" ? found : 0
}

/**
 * Whether the pages have no more values and bytes than the metadata of their column. The fields are those of Parquet's
 * `PageHeader`: 2 and 3 are the sizes, 5 and 8 are the headers of data pages, 7 is that of a dictionary.
 */
export const hasValidPages = (
  deserialize: Deserialize,
  bytes: Uint8Array,
  { uncompressedBytes, values }: ColumnPages
): boolean => {
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 }
  let remainingValues = values
  let remainingBytes = uncompressedBytes
  while (reader.offset < bytes.byteLength && remainingValues > 0) {
    const start = reader.offset
    const header = deserialize(reader)
    const size = numberAt(header, "field_3")
    const uncompressed = numberAt(header, "field_2")
    const inData = numberAt(header["field_5"], "field_1") + numberAt(header["field_8"], "field_1")
    const inDictionary = numberAt(header["field_7"], "field_1")
    remainingBytes -= uncompressed + reader.offset - start
    remainingValues -= inData
    if (
      size < 0 || uncompressed < 0 || inData < 0 || inDictionary < 0 || inDictionary > uncompressed + 1 ||
      remainingBytes < 0 || remainingValues < 0
    ) {
      return false
    }
    reader.offset += size
  }
  return reader.offset <= bytes.byteLength && remainingValues === 0
}
