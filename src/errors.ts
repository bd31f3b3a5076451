/**
 * The operating failures of Computon: what went wrong with the machinery, never what was wrong with a request.
 * An answer (refused, not like that, bad document) is a value and does not belong here; a bug is an assertion.
 * Caught in the API's problem handler and in the job runner, and nowhere else.
 */
const TABLE = {
	STORE_UNAVAILABLE: { status: 503, retryable: true, help: 'The database cannot be reached or written.' },
	STORE_DAMAGED: { status: 500, retryable: false, help: 'The database contradicts itself; restore a backup.' },
	TEMPLATE_REFUSED: {
		status: 500,
		retryable: false,
		help: 'A stored template is not taken by this version; publish it again, under another id.',
	},
	STORE_TOO_NEW: { status: 500, retryable: false, help: 'The database was written by a newer Computon; upgrade.' },
	BROKER_BUSY: { status: 503, retryable: true, help: 'Too many offers are waiting; send it again a little later.' },
	BROKER_CLOSED: { status: 503, retryable: true, help: 'The broker is shutting down.' },
	PARSER_TIMEOUT: { status: 503, retryable: true, help: 'Reading the document took longer than its deadline.' },
	PARSER_EXHAUSTED: {
		status: 413,
		retryable: false,
		help: 'Reading the document takes more memory than there is for one; send less at a time.',
	},
	PARSER_LOST: { status: 503, retryable: true, help: 'The worker that read the document was lost.' },
	HYPERVISOR_UNREACHABLE: { status: 503, retryable: true, help: 'libvirt cannot be reached; run `computon doctor`.' },
	HYPERVISOR_REFUSED: { status: 502, retryable: true, help: 'libvirt refused the operation.' },
	HYPERVISOR_PROTOCOL: { status: 502, retryable: true, help: 'libvirt answered something that is not its protocol.' },
	TARGET_UNREACHABLE: { status: 502, retryable: true, help: 'A target that was called did not answer as it must.' },
	MACHINE_FAILED: { status: 502, retryable: true, help: 'The machine could not be brought to the agreed state.' },
	IMAGE_UNUSABLE: { status: 500, retryable: false, help: 'The image is missing or is not what its digest says.' },
	CONFIG_INVALID: { status: 500, retryable: false, help: 'The configuration cannot be used.' },
	INSTALLATION_IN_USE: { status: 500, retryable: false, help: 'Another broker works on this data folder.' },
} as const satisfies Record<string, { status: number; retryable: boolean; help: string }>;

/** One word of the closed table above. */
export type OperatingErrorCode = keyof typeof TABLE;

/** An operating failure. `detail` is for people and never carries a secret. */
export class OperatingError extends Error {
	override readonly name = 'OperatingError';
	readonly code: OperatingErrorCode;
	/** The HTTP status that the door answers with. */
	readonly status: number;
	/** Whether the same attempt may succeed later. */
	readonly retryable: boolean;

	constructor(code: OperatingErrorCode, detail?: string, options?: ErrorOptions) {
		super(detail === undefined ? TABLE[code].help : `${TABLE[code].help} ${detail}`, options);
		this.code = code;
		this.status = TABLE[code].status;
		this.retryable = TABLE[code].retryable;
	}
}

/** Whether something was not learnt because a hypervisor does not answer: what is there, nobody knows. */
export function isSilence(error: unknown): boolean {
	return error instanceof OperatingError && error.code === 'HYPERVISOR_UNREACHABLE';
}

/** Every code with its meaning, for the documentation and the tests that police it. */
export const OPERATING_ERRORS: Readonly<
	Record<OperatingErrorCode, { status: number; retryable: boolean; help: string }>
> = TABLE;
