/**
 * The random questions of the tests are the same in every run: what is red on one machine is red on all, and how often
 * a case comes up, which many tests count, is no luck of the day. `npm run proof` asks others each time, and so does
 * whoever sets COMPUTON_SEED to a number of their own.
 */
import fc from 'fast-check';

const SEED = 20_261_122;

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env.COMPUTON_SEED ?? SEED) });
