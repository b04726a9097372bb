// SPDX-License-Identifier: GPL-3.0-or-later
// Small tokens for the demonstration's chain. They stand at the addresses of USDT and USDC, keep
// balances in the storage slots of the real ones (2 and 9) and are written into genesis, so they
// have no constructor: supply and balances are storage given there.
pragma solidity 0.8.28;

abstract contract DemoToken {
    event Transfer(address indexed from, address indexed to, uint256 value);

    uint8 public constant decimals = 6;

    function _balances() internal view virtual returns (mapping(address => uint256) storage);

    function balanceOf(address holder) external view returns (uint256) {
        return _balances()[holder];
    }

    function transfer(address to, uint256 value) external returns (bool) {
        mapping(address => uint256) storage balances = _balances();
        balances[msg.sender] -= value;
        balances[to] += value;
        emit Transfer(msg.sender, to, value);
        return true;
    }
}

contract DemoUsdt is DemoToken {
    string public constant symbol = "USDT";
    uint256 private unused;
    uint256 public totalSupply;
    mapping(address => uint256) private balances;

    function _balances() internal view override returns (mapping(address => uint256) storage) {
        return balances;
    }
}

contract DemoUsdc is DemoToken {
    string public constant symbol = "USDC";
    uint256[9] private unused;
    mapping(address => uint256) private balances;
    uint256 private allowances;
    uint256 public totalSupply;

    function _balances() internal view override returns (mapping(address => uint256) storage) {
        return balances;
    }
}
