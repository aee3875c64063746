using System.Diagnostics.CodeAnalysis;

namespace Podwire.Netlink;

/// <summary>The flags of a message header, <c>NLM_F_*</c> (linux/netlink.h). The upper byte means different things to get, new and delete requests.</summary>
[Flags]
[SuppressMessage("Design", "CA1069:Enums values should not be duplicated", Justification = "the kernel gives the same bit different names for different requests")]
public enum NetlinkFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NLM_F_REQUEST: set on everything that is sent to the kernel.</summary>
    Request = 0x1,

    /// <summary>NLM_F_MULTI: part of an answer that ends with NLMSG_DONE.</summary>
    Multi = 0x2,

    /// <summary>NLM_F_ACK: answer with NLMSG_ERROR even when it went well.</summary>
    Ack = 0x4,

    /// <summary>NLM_F_ECHO: send the notification to the requester too.</summary>
    Echo = 0x8,

    /// <summary>NLM_F_DUMP_INTR: the dump is inconsistent, the objects changed meanwhile.</summary>
    DumpInterrupted = 0x10,

    /// <summary>NLM_F_DUMP_FILTERED: the kernel filtered the dump as asked.</summary>
    DumpFiltered = 0x20,

    /// <summary>NLM_F_DUMP, on get requests: all objects (NLM_F_ROOT | NLM_F_MATCH).</summary>
    Dump = 0x300,

    /// <summary>NLM_F_REPLACE, on new requests: replace an existing object.</summary>
    Replace = 0x100,

    /// <summary>NLM_F_EXCL, on new requests: refuse if it exists.</summary>
    Exclusive = 0x200,

    /// <summary>NLM_F_CREATE, on new requests: create it if it does not exist.</summary>
    Create = 0x400,

    /// <summary>NLM_F_APPEND, on new requests: add to the end of a list.</summary>
    Append = 0x800,

    /// <summary>NLM_F_NONREC, on delete requests: not what lies below it.</summary>
    NonRecursive = 0x100,

    /// <summary>NLM_F_CAPPED, on acknowledgements: without the request's payload.</summary>
    Capped = 0x100,

    /// <summary>NLM_F_ACK_TLVS, on acknowledgements: attributes follow.</summary>
    AckAttributes = 0x200,
}
