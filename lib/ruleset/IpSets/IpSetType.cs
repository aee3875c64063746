namespace Podwire.Ruleset.IpSets;

/// <summary>The kinds of set that are used, by what an entry holds (ipset(8)).</summary>
public enum IpSetType
{
    /// <summary>hash:ip.</summary>
    HashIp,

    /// <summary>hash:net.</summary>
    HashNet,

    /// <summary>hash:ip,port.</summary>
    HashIpPort,

    /// <summary>hash:ip,port,ip.</summary>
    HashIpPortIp,

    /// <summary>hash:ip,port,net.</summary>
    HashIpPortNet,

    /// <summary>hash:net,port.</summary>
    HashNetPort,

    /// <summary>bitmap:port, of all ports.</summary>
    BitmapPort,
}
