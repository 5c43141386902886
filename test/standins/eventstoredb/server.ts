import { randomUUID } from 'node:crypto';
import { type Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import gossip, { type IGossipServer } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossipMessages from '@eventstore/db-client/generated/gossip_pb.js';
import features, { type IServerFeaturesServer } from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import featureMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import streams, { type IStreamsServer } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { SqliteEventStore } from '#event-store';
import { append, batchAppend, remove } from './appending.js';
import { failure, uuidOf } from './messages.js';
import { Faults, type Node } from './node.js';
import { read } from './reading.js';

export interface StandInOptions {
  /** The file of the embedded store behind it; several nodes of a cluster share one. */
  readonly file: string;
  readonly port?: number;
  /** PEM. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer };
  /** When given, calls need it. */
  readonly login?: { readonly username: string; readonly password: string };
  /** False when the long call for many appends is not offered. */
  readonly hasBatchAppend?: boolean;
  /** The members of the cluster, this node included. */
  readonly members?: () => readonly Member[];
}

export interface Member {
  readonly port: number;
  readonly isLeader: boolean;
}

/** A server of .NET takes no more calls on a connection, and no larger messages. */
const LIMITS = { 'grpc.max_concurrent_streams': 100, 'grpc.max_receive_message_length': 17 * 1024 * 1024 };
const HOST = '127.0.0.1';

/**
 * Speaks EventStoreDB's wire protocol over the embedded store, so that the real client can be tested where no server is:
 * streams, $all, subscriptions, deletions, features, gossip, and what goes wrong when told so.
 */
export class EventStoreDbStandIn implements Node {
  readonly faults = new Faults();
  readonly counts = { appends: 0, batches: 0, reads: 0, subscriptions: 0 };
  readonly login: Node['login'];

  private constructor(
    readonly store: SqliteEventStore,
    private readonly server: Server,
    private readonly options: StandInOptions,
    readonly port: number,
  ) {
    this.login = options.login;
  }

  static async start(options: StandInOptions): Promise<EventStoreDbStandIn> {
    const store = await SqliteEventStore.open({ file: options.file });
    // what a server writes for itself stands at the beginning of every log
    if ((await store.head()) === 0n)
      await store.append('$settings', 'any', [{ id: randomUUID(), type: '$settings', data: {}, metadata: {} }]);
    const server = new Server(LIMITS);
    const { tls } = options;
    const credentials = tls
      ? ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }])
      : ServerCredentials.createInsecure();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`${HOST}:${options.port ?? 0}`, credentials, (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    );
    const node = new EventStoreDbStandIn(store, server, options, port);
    node.serve();
    return node;
  }

  get url(): string {
    const user = this.login ? `${this.login.username}:${this.login.password}@` : '';
    return `esdb://${user}${HOST}:${this.port}?tls=${this.options.tls !== undefined}`;
  }

  /** Ends all calls at once. */
  async stop(): Promise<void> {
    this.server.forceShutdown();
    await this.store.close();
  }

  private serve(): void {
    const calls: IStreamsServer = {
      read: (call) => {
        const refusal = this.refusal(call.metadata);
        if (refusal) call.emit('error', refusal);
        else void read(this, call);
      },
      append: (call, answer) => {
        const refusal = this.refusal(call.metadata) ?? this.notLeader();
        if (refusal) answer(refusal);
        else void append(this, call, answer);
      },
      batchAppend: (call) => batchAppend(this, call),
      delete: (call, answer) => void remove(this, call, answer, 'soft'),
      tombstone: (call, answer) => void remove(this, call, answer, 'hard'),
    };
    const told: IServerFeaturesServer = { getSupportedMethods: (_call, answer) => answer(null, this.supported()) };
    const gossiped: IGossipServer = { read: (_call, answer) => answer(null, this.cluster()) };
    this.server.addService(streams.StreamsService, calls);
    this.server.addService(features.ServerFeaturesService, told);
    this.server.addService(gossip.GossipService, gossiped);
  }

  private refusal(metadata: Metadata): Partial<ServiceError> | undefined {
    const { login } = this;
    if (!login) return undefined;
    const wanted = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
    return metadata.get('authorization')[0] === wanted ? undefined : failure(status.PERMISSION_DENIED, 'access-denied');
  }

  private notLeader(): Partial<ServiceError> | undefined {
    const { leader } = this.faults;
    if (!leader) return undefined;
    const trailers = { 'leader-endpoint-host': leader.host, 'leader-endpoint-port': String(leader.port) };
    return failure(status.NOT_FOUND, 'not-leader', trailers);
  }

  private supported(): featureMessages.SupportedMethods {
    const method = (name: string): featureMessages.SupportedMethod =>
      new featureMessages.SupportedMethod().setServiceName('event_store.client.streams.streams').setMethodName(name);
    const names = [
      'append',
      'read',
      'delete',
      'tombstone',
      ...(this.options.hasBatchAppend === false ? [] : ['batchappend']),
    ];
    return new featureMessages.SupportedMethods()
      .setEventStoreServerVersion('24.10.0')
      .setMethodsList(names.map(method));
  }

  private cluster(): gossipMessages.ClusterInfo {
    const members = this.options.members?.() ?? [{ port: this.port, isLeader: true }];
    const { VNodeState } = gossipMessages.MemberInfo;
    return new gossipMessages.ClusterInfo().setMembersList(
      members.map(({ port, isLeader }) => {
        const member = new gossipMessages.MemberInfo();
        member
          .setInstanceId(uuidOf(randomUUID(), true))
          .setIsAlive(true)
          .setTimeStamp(String(Date.now() * 10_000));
        member.setState(isLeader ? VNodeState.LEADER : VNodeState.FOLLOWER);
        return member.setHttpEndPoint(new gossipMessages.EndPoint().setAddress(HOST).setPort(port));
      }),
    );
  }
}
