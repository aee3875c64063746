namespace Podwire.Netlink.Interop;

/// <summary>Names and numbers of linux/netfilter/nfnetlink.h and linux/netfilter/nf_tables.h. Numbers inside attributes are big-endian unless a name says otherwise.</summary>
internal static class NfTables
{
    internal const int NFNL_SUBSYS_NFTABLES = 10;
    internal const ushort NFNL_MSG_BATCH_BEGIN = 0x10;
    internal const ushort NFNL_MSG_BATCH_END = 0x11;
    internal const int NFNL_BATCH_GENID = 1;
    internal const uint NFNLGRP_NFTABLES = 7, NFNLGRP_NFTRACE = 9;

    internal const int NFT_MSG_NEWTABLE = 0, NFT_MSG_GETTABLE = 1, NFT_MSG_DELTABLE = 2;
    internal const int NFT_MSG_NEWCHAIN = 3, NFT_MSG_GETCHAIN = 4, NFT_MSG_DELCHAIN = 5;
    internal const int NFT_MSG_NEWRULE = 6, NFT_MSG_GETRULE = 7, NFT_MSG_DELRULE = 8;
    internal const int NFT_MSG_NEWSET = 9, NFT_MSG_GETSET = 10, NFT_MSG_DELSET = 11;
    internal const int NFT_MSG_NEWSETELEM = 12, NFT_MSG_GETSETELEM = 13, NFT_MSG_DELSETELEM = 14;
    internal const int NFT_MSG_NEWGEN = 15, NFT_MSG_GETGEN = 16, NFT_MSG_TRACE = 17;

    internal const int NFTA_LIST_ELEM = 1;
    internal const int NFTA_TABLE_NAME = 1, NFTA_TABLE_FLAGS = 2, NFTA_TABLE_USERDATA = 6;
    internal const int NFTA_CHAIN_TABLE = 1, NFTA_CHAIN_NAME = 3, NFTA_CHAIN_HOOK = 4, NFTA_CHAIN_POLICY = 5, NFTA_CHAIN_TYPE = 7, NFTA_CHAIN_USERDATA = 12;
    internal const int NFTA_HOOK_HOOKNUM = 1, NFTA_HOOK_PRIORITY = 2, NFTA_HOOK_DEV = 3;
    internal const int NFTA_RULE_TABLE = 1, NFTA_RULE_CHAIN = 2, NFTA_RULE_HANDLE = 3, NFTA_RULE_EXPRESSIONS = 4, NFTA_RULE_USERDATA = 7;
    internal const int NFTA_SET_TABLE = 1, NFTA_SET_NAME = 2, NFTA_SET_FLAGS = 3, NFTA_SET_KEY_TYPE = 4, NFTA_SET_KEY_LEN = 5, NFTA_SET_DATA_TYPE = 6, NFTA_SET_DATA_LEN = 7;
    internal const int NFTA_SET_DESC = 9, NFTA_SET_ID = 10, NFTA_SET_TIMEOUT = 11, NFTA_SET_USERDATA = 13, NFTA_SET_EXPR = 17, NFTA_SET_EXPRESSIONS = 18;
    internal const int NFTA_SET_DESC_SIZE = 1, NFTA_SET_DESC_CONCAT = 2, NFTA_SET_FIELD_LEN = 1;
    internal const int NFTA_SET_ELEM_LIST_TABLE = 1, NFTA_SET_ELEM_LIST_SET = 2, NFTA_SET_ELEM_LIST_ELEMENTS = 3, NFTA_SET_ELEM_LIST_SET_ID = 4;
    internal const int NFTA_SET_ELEM_KEY = 1, NFTA_SET_ELEM_DATA = 2, NFTA_SET_ELEM_FLAGS = 3, NFTA_SET_ELEM_TIMEOUT = 4, NFTA_SET_ELEM_USERDATA = 6;
    internal const int NFTA_SET_ELEM_EXPR = 7, NFTA_SET_ELEM_KEY_END = 10, NFTA_SET_ELEM_EXPRESSIONS = 11;
    internal const int NFTA_DATA_VALUE = 1, NFTA_DATA_VERDICT = 2, NFTA_VERDICT_CODE = 1, NFTA_VERDICT_CHAIN = 2;
    internal const int NFTA_EXPR_NAME = 1, NFTA_EXPR_DATA = 2;
    internal const int NFTA_TRACE_TABLE = 1, NFTA_TRACE_CHAIN = 2, NFTA_TRACE_RULE_HANDLE = 3, NFTA_TRACE_TYPE = 4, NFTA_TRACE_VERDICT = 5, NFTA_TRACE_ID = 6, NFTA_TRACE_MARK = 14, NFTA_TRACE_POLICY = 16;
    internal const int NFTA_GEN_ID = 1, NFTA_GEN_PROC_PID = 2, NFTA_GEN_PROC_NAME = 3;

    internal const uint NFT_SET_MAP = 0x8, NFT_SET_CONCAT = 0x80;
    internal const uint NFT_DATA_VERDICT = 0xffffff00;
    internal const uint NFT_SET_ELEM_INTERVAL_END = 1, NFT_SET_ELEM_CATCHALL = 2;

    internal const int NFTA_IMMEDIATE_DREG = 1, NFTA_IMMEDIATE_DATA = 2;
    internal const int NFTA_BITWISE_SREG = 1, NFTA_BITWISE_DREG = 2, NFTA_BITWISE_LEN = 3, NFTA_BITWISE_MASK = 4, NFTA_BITWISE_XOR = 5, NFTA_BITWISE_OP = 6;
    internal const int NFTA_CMP_SREG = 1, NFTA_CMP_OP = 2, NFTA_CMP_DATA = 3;
    internal const int NFTA_RANGE_SREG = 1, NFTA_RANGE_OP = 2, NFTA_RANGE_FROM_DATA = 3, NFTA_RANGE_TO_DATA = 4;
    internal const int NFTA_LOOKUP_SET = 1, NFTA_LOOKUP_SREG = 2, NFTA_LOOKUP_DREG = 3, NFTA_LOOKUP_SET_ID = 4, NFTA_LOOKUP_FLAGS = 5;
    internal const int NFTA_DYNSET_SET_NAME = 1, NFTA_DYNSET_OP = 3, NFTA_DYNSET_SREG_KEY = 4, NFTA_DYNSET_SREG_DATA = 5, NFTA_DYNSET_TIMEOUT = 6, NFTA_DYNSET_EXPR = 7, NFTA_DYNSET_EXPRESSIONS = 10;
    internal const int NFTA_PAYLOAD_DREG = 1, NFTA_PAYLOAD_BASE = 2, NFTA_PAYLOAD_OFFSET = 3, NFTA_PAYLOAD_LEN = 4, NFTA_PAYLOAD_SREG = 5;
    internal const int NFTA_HASH_SREG = 1, NFTA_HASH_DREG = 2, NFTA_HASH_LEN = 3, NFTA_HASH_MODULUS = 4, NFTA_HASH_SEED = 5, NFTA_HASH_OFFSET = 6, NFTA_HASH_TYPE = 7;
    internal const int NFTA_META_DREG = 1, NFTA_META_KEY = 2, NFTA_META_SREG = 3;
    internal const int NFTA_CT_DREG = 1, NFTA_CT_KEY = 2, NFTA_CT_DIRECTION = 3, NFTA_CT_SREG = 4;
    internal const int NFTA_FIB_DREG = 1, NFTA_FIB_RESULT = 2, NFTA_FIB_FLAGS = 3;
    internal const int NFTA_NG_DREG = 1, NFTA_NG_MODULUS = 2, NFTA_NG_TYPE = 3, NFTA_NG_OFFSET = 4;
    internal const int NFTA_LIMIT_RATE = 1, NFTA_LIMIT_UNIT = 2, NFTA_LIMIT_BURST = 3, NFTA_LIMIT_TYPE = 4, NFTA_LIMIT_FLAGS = 5;
    internal const int NFTA_COUNTER_BYTES = 1, NFTA_COUNTER_PACKETS = 2;
    internal const int NFTA_LOG_GROUP = 1, NFTA_LOG_PREFIX = 2, NFTA_LOG_LEVEL = 5, NFTA_LOG_FLAGS = 6;
    internal const int NFTA_QUEUE_NUM = 1, NFTA_QUEUE_TOTAL = 2, NFTA_QUEUE_FLAGS = 3;
    internal const int NFTA_REJECT_TYPE = 1, NFTA_REJECT_ICMP_CODE = 2;
    internal const int NFTA_NAT_TYPE = 1, NFTA_NAT_FAMILY = 2, NFTA_NAT_REG_ADDR_MIN = 3, NFTA_NAT_REG_PROTO_MIN = 5, NFTA_NAT_FLAGS = 7;
    internal const int NFTA_MASQ_FLAGS = 1, NFTA_MASQ_REG_PROTO_MIN = 2;
}
