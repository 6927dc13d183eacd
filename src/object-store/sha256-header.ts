/** Metadata that says what the whole object hashes to: checksums of S3 itself are of parts where there are parts. */
export const sha256Header = 'x-amz-meta-sha256';
