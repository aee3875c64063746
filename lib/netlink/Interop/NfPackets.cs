namespace Podwire.Netlink.Interop;

/// <summary>Numbers of linux/netfilter/nfnetlink_log.h and linux/netfilter/nfnetlink_queue.h. Numbers inside attributes are big-endian.</summary>
internal static class NfPackets
{
    internal const int NFNL_SUBSYS_QUEUE = 3, NFNL_SUBSYS_ULOG = 4;

    internal const int NFULNL_MSG_PACKET = 0, NFULNL_MSG_CONFIG = 1;
    internal const int NFULA_PAYLOAD = 9;
    internal const int NFULA_CFG_CMD = 1, NFULA_CFG_MODE = 2, NFULA_CFG_QTHRESH = 5;
    internal const byte NFULNL_CFG_CMD_BIND = 1, NFULNL_COPY_PACKET = 2;

    internal const int NFQNL_MSG_PACKET = 0, NFQNL_MSG_VERDICT = 1, NFQNL_MSG_CONFIG = 2;
    internal const int NFQA_PACKET_HDR = 1, NFQA_VERDICT_HDR = 2, NFQA_PAYLOAD = 10;
    internal const int NFQA_CFG_CMD = 1, NFQA_CFG_PARAMS = 2, NFQA_CFG_MASK = 4, NFQA_CFG_FLAGS = 5;
    internal const byte NFQNL_CFG_CMD_BIND = 1, NFQNL_COPY_PACKET = 2;
    internal const uint NFQA_CFG_F_FAIL_OPEN = 1;
    internal const uint NF_ACCEPT = 1;

    /// <summary>As much of a packet as an attribute holds.</summary>
    internal const uint WholePacket = 0xFFFF - 4;
}
