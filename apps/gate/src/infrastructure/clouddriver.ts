import { ServiceClient } from '../services/service-client.js';

/** The cloud driver: what only it can tell, since it alone holds the credentials of clusters. */
export class Clouddriver extends ServiceClient {}
