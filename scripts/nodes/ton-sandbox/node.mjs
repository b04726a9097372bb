// A TON node's HTTP API (ton-http-api's shapes) over the sandbox: contracts run in the real TVM.
//
//   node node.mjs CODES   CODES: JSON of published contracts' code, name -> bag of cells in hex
//
// Blocks, their hashes and times are this server's own; accounts and what methods return are the
// machine's. It keeps the states of two masterchain blocks, listens on 127.0.0.1, prints one line
// of JSON (its port, and what it has made) and serves until it is ended.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Address, beginCell, Cell, contractAddress, external, internal, toNano } from '@ton/core';
import { keyPairFromSeed } from '@ton/crypto';
import { Blockchain, createShardAccount } from '@ton/sandbox';
import { WalletContractV3R2, WalletContractV4, WalletContractV5R1 } from '@ton/ton';

const codes = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const code = (name) => Cell.fromBoc(Buffer.from(codes[name], 'hex'))[0];
const sha = (text) => createHash('sha256').update(text).digest();
const key = (name) => keyPairFromSeed(sha(name));
const text = (address) => address.toString({ bounceable: true, urlSafe: true });
const MASTERCHAIN = { '@type': 'ton.blockIdExt', workchain: -1, shard: '-9223372036854775808' };
const START = 1_700_000_000, FIRST = 1000;

const chain = await Blockchain.create();
chain.now = START;
const boss = await chain.treasury('boss', { balance: toNano('100000000') });
const states = new Map(); // seqno -> a snapshot of the machine

// A wallet of some version: paid, then begun by a message that its key signed.
async function wallet(contract, name, begin) {
  const { publicKey, secretKey } = key(name);
  const made = contract.create({ workchain: 0, publicKey });
  await boss.send({ to: made.address, value: toNano('5'), bounce: false });
  if (begin) {
    const messages = [internal({ to: boss.address, value: 1_000n, bounce: false })];
    const body = made.createTransfer({ seqno: 0, secretKey, messages, sendMode: 3 });
    await chain.sendMessage(external({ to: made.address, init: made.init, body }));
    const state = (await chain.getContract(made.address)).accountState;
    if (state?.type !== 'active') throw new Error(`the wallet ${name} did not begin`);
  }
  return { address: text(made.address), key: publicKey.toString('hex') };
}

// The reference contract of TEP-74: its master, and wallets that it fills by minting.
async function jetton() {
  const data = beginCell().storeCoins(0).storeAddress(boss.address)
    .storeRef(beginCell().storeUint(1, 8).storeStringTail('x').endCell()).storeRef(code('wallet')).endCell();
  const init = { code: code('master'), data };
  const address = contractAddress(0, init);
  await boss.send({ to: address, value: toNano('1'), init });
  return address;
}

async function mint(master, owner, amount) {
  const inner = beginCell().storeUint(0x178d4519, 32).storeUint(0, 64).storeCoins(amount)
    .storeAddress(null).storeAddress(boss.address).storeCoins(0).storeBit(false).endCell();
  const body = beginCell().storeUint(21, 32).storeUint(0, 64).storeAddress(owner)
    .storeCoins(toNano('0.1')).storeRef(inner).endCell();
  await boss.send({ to: master, value: toNano('0.3'), body });
}

// The stablecoin contract that USDT runs. Its wallets' code is shared, and known by its hash alone:
// the machine computes where a wallet is, what lies there is written in its layout.
async function stablecoin(name, wallets) {
  const data = beginCell().storeCoins(0).storeAddress(boss.address).storeAddress(null)
    .storeRef(code(wallets)).storeRef(beginCell().storeStringTail('x').endCell()).endCell();
  const init = { code: code(name), data };
  const address = contractAddress(0, init);
  await chain.setShardAccount(address, createShardAccount({ address, ...init, balance: toNano('1') }));
  return address;
}

async function fill(master, owner, amount, status) {
  const asked = [{ type: 'slice', cell: beginCell().storeAddress(owner).endCell() }];
  const { stackReader } = await chain.runGetMethod(master, 'get_wallet_address', asked);
  const address = stackReader.readAddress();
  const data = beginCell().storeUint(status, 4).storeCoins(amount).storeAddress(owner).storeAddress(master).endCell();
  const account = createShardAccount({ address, code: code('stablecoin_wallet'), data, balance: 1n });
  await chain.setShardAccount(address, account);
}

function keep(seqno) {
  states.set(seqno, chain.snapshot());
}

const v3 = await wallet(WalletContractV3R2, 'v3', true);
const v4 = await wallet(WalletContractV4, 'v4', true);
const v5 = await wallet(WalletContractV5R1, 'v5', true);
const fresh = await wallet(WalletContractV4, 'fresh', false);
const owner = Address.parse(v4.address);
const plain = await jetton(), dollar = await stablecoin('stablecoin_master', 'stablecoin_wallet');
const sharded = await stablecoin('stablecoin_2_master', 'stablecoin_2_wallet');
await mint(plain, owner, (1n << 60n) + 1n);
await fill(dollar, owner, 170_479_995n, 0);
await fill(dollar, Address.parse(v3.address), 5n, 1);
keep(FIRST);
await mint(plain, owner, 10n);
await boss.send({ to: Address.parse(v3.address), value: toNano('2'), bounce: false });
keep(FIRST + 1);
const balances = {};
for (const seqno of states.keys()) {
  await chain.loadFrom(states.get(seqno));
  balances[seqno] = (await chain.getContract(Address.parse(v3.address))).balance.toString();
}

const id = (seqno) => ({ ...MASTERCHAIN, seqno, root_hash: sha(`root${seqno}`).toString('base64'), file_hash: sha(`file${seqno}`).toString('base64') });

class Refused extends Error {}

async function at(seqno) {
  if (!states.has(seqno)) throw new Refused('LITE_SERVER_NOTREADY: cannot load block : not in db');
  await chain.loadFrom(states.get(seqno));
}

function item(value) {
  if (value.type === 'int') return ['num', (value.value < 0n ? '-0x' : '0x') + (value.value < 0n ? -value.value : value.value).toString(16)];
  if (value.type === 'cell' || value.type === 'slice') return ['cell', { bytes: value.cell.toBoc().toString('base64') }];
  throw new Error(`a stack with ${value.type}`);
}

const methods = {
  async getMasterchainInfo() {
    const last = Math.max(...states.keys());
    return { '@type': 'blocks.masterchainInfo', last: id(last), init: { ...MASTERCHAIN, seqno: 0, root_hash: sha('zero').toString('base64') } };
  },
  async getBlockHeader({ seqno }) {
    await at(Number(seqno));
    return { '@type': 'blocks.header', id: id(Number(seqno)), global_id: -3, gen_utime: START + Number(seqno) };
  },
  async getAddressInformation({ address, seqno }) {
    await at(Number(seqno));
    const found = await chain.getContract(Address.parse(address));
    const state = found.accountState;
    const active = state?.type === 'active' ? state.state : {};
    const boc = (cell) => (cell ? cell.toBoc().toString('base64') : '');
    const words = { active: 'active', frozen: 'frozen' };
    return {
      '@type': 'raw.fullAccountState', balance: found.balance.toString(), code: boc(active.code), data: boc(active.data),
      block_id: id(Number(seqno)), frozen_hash: '', state: words[state?.type] ?? 'uninitialized', sync_utime: START + Number(seqno),
    };
  },
  async runGetMethod({ address, method, stack, seqno }) {
    await at(Number(seqno));
    const given = stack.map(([, bytes]) => ({ type: 'slice', cell: Cell.fromBase64(bytes) }));
    try {
      const { stack: said, exitCode, gasUsed } = await chain.runGetMethod(Address.parse(address), method, given);
      return { '@type': 'smc.runResult', gas_used: Number(gasUsed), stack: said.map(item), exit_code: exitCode };
    } catch (e) {
      if (e.exitCode === undefined && !/non-active/.test(e.message)) throw e;
      return { '@type': 'smc.runResult', gas_used: 0, stack: [['num', '0x14c97']], exit_code: e.exitCode ?? -13 };
    }
  },
};

let before = Promise.resolve(); // the machine has one state at a time
const server = createServer((request, response) => {
  const parts = [];
  request.on('data', (part) => parts.push(part));
  request.on('end', () => {
    before = before.then(() => answer(request, Buffer.concat(parts), response));
  });
});

async function answer(request, body, response) {
  const url = new URL(request.url, 'http://127.0.0.1');
  let status = 200, said;
  try {
    const asked = { ...Object.fromEntries(url.searchParams), ...(body.length ? JSON.parse(body) : {}) };
    said = { ok: true, result: await methods[url.pathname.slice(1)](asked) };
  } catch (e) {
    status = e instanceof Refused ? 500 : 422;
    said = { ok: false, error: e.message, code: status };
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(said));
}

server.listen(0, '127.0.0.1', () => {
  const made = { v3, v4, v5, fresh, plain: text(plain), dollar: text(dollar), sharded: text(sharded), first: FIRST, balances };
  console.log(JSON.stringify({ port: server.address().port, ...made }));
});
