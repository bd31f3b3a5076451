/** Whatever a client may send, documents and messages: the module that the xml room's workers run behind the gate. */
export { mend } from '../agreement/lenient/mend.ts';
export { pack, read, readJsonForm } from '../agreement/reading.ts';
export { plainMessage, readInvalidMessage, readMessage } from './soap/reading.ts';
