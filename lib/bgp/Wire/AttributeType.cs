namespace Podwire.Bgp.Wire;

/// <summary>Path attribute type codes (RFC 4271 section 5 and the RFCs named).</summary>
public enum AttributeType : byte
{
    /// <summary>ORIGIN.</summary>
    Origin = 1,

    /// <summary>AS_PATH.</summary>
    AsPath = 2,

    /// <summary>NEXT_HOP.</summary>
    NextHop = 3,

    /// <summary>MULTI_EXIT_DISC.</summary>
    MultiExitDisc = 4,

    /// <summary>LOCAL_PREF.</summary>
    LocalPref = 5,

    /// <summary>ATOMIC_AGGREGATE.</summary>
    AtomicAggregate = 6,

    /// <summary>AGGREGATOR.</summary>
    Aggregator = 7,

    /// <summary>COMMUNITIES (RFC 1997).</summary>
    Communities = 8,

    /// <summary>ORIGINATOR_ID (RFC 4456).</summary>
    OriginatorId = 9,

    /// <summary>CLUSTER_LIST (RFC 4456).</summary>
    ClusterList = 10,

    /// <summary>MP_REACH_NLRI (RFC 4760).</summary>
    MpReach = 14,

    /// <summary>MP_UNREACH_NLRI (RFC 4760).</summary>
    MpUnreach = 15,

    /// <summary>EXTENDED COMMUNITIES (RFC 4360).</summary>
    ExtendedCommunities = 16,

    /// <summary>AS4_PATH (RFC 6793).</summary>
    As4Path = 17,

    /// <summary>AS4_AGGREGATOR (RFC 6793).</summary>
    As4Aggregator = 18,

    /// <summary>LARGE_COMMUNITY (RFC 8092).</summary>
    LargeCommunities = 32,
}
