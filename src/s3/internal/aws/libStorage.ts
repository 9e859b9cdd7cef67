/** AWS's upload in parts, in a chunk of its own. */
export { Upload } from "@aws-sdk/lib-storage"
