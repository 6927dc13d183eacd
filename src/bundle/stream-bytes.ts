export { StreamBytes } from '../io/stream-bytes.ts';
