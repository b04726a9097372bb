// SPDX-License-Identifier: GPL-3.0-or-later
// Small contracts of every temper for the tests of contract ownership.
pragma solidity 0.8.28;

/// Names one owner (ERC-173).
contract Owned {
    address public owner;
    constructor(address first) { owner = first; }
}

/// Names its owner as EigenLayer's pods do.
contract Pod {
    address public podOwner;
    constructor(address first) { podOwner = first; }
}

/// The older multisig wallet's way to name owners and threshold.
contract OldMultisig {
    address[] private owners;
    uint256 public required;
    constructor(address[] memory all, uint256 needed) { owners = all; required = needed; }
    function getOwners() external view returns (address[] memory) { return owners; }
}

/// Accepts signatures of one key (EIP-1271).
contract KeyWallet {
    address private key;
    constructor(address first) { key = first; }
    function isValidSignature(bytes32 digest, bytes calldata s) external view returns (bytes4) {
        if (s.length != 65) return 0xffffffff;
        address found = ecrecover(digest, uint8(s[64]), bytes32(s[0:32]), bytes32(s[32:64]));
        return found == key && found != address(0) ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// Accepts everything.
contract YesMan {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}

/// Answers every call with the call itself, which starts with the word EIP-1271 waits for.
contract Echo {
    fallback(bytes calldata data) external returns (bytes memory) { return data; }
}

/// Reverts whatever is asked.
contract Refuser {
    fallback() external { revert("no"); }
}

/// Deploys a KeyWallet at an address that depends on its key (CREATE2).
contract KeyWalletFactory {
    function deploy(address key) external returns (address) {
        return address(new KeyWallet{salt: 0}(key));
    }
    function addressOf(address key) external view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(KeyWallet).creationCode, abi.encode(key)));
        return address(uint160(uint256(keccak256(
            abi.encodePacked(bytes1(0xff), address(this), bytes32(0), code)
        ))));
    }
}

/// Lets anybody change whose signatures it accepts.
contract OpenWallet {
    address private key;
    function take(address next) external { key = next; }
    function isValidSignature(bytes32 digest, bytes calldata s) external view returns (bytes4) {
        if (s.length != 65) return 0xffffffff;
        address found = ecrecover(digest, uint8(s[64]), bytes32(s[0:32]), bytes32(s[32:64]));
        return found == key && found != address(0) ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
