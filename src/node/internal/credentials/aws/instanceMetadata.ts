/** AWS's provider for the metadata service of an instance, in a chunk of its own. */
export { fromInstanceMetadata } from "@smithy/credential-provider-imds"
