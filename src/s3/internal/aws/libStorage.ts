/** AWS's upload in parts, in a separate chunk. */
export { Upload } from "@aws-sdk/lib-storage"
