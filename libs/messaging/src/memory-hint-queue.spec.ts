import { describeHintQueue } from './hint-queue.suite.js';
import { MemoryHintQueue } from './memory-hint-queue.js';

describeHintQueue('memory', async () => new MemoryHintQueue());
