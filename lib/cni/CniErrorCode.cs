namespace Podwire.Cni;

/// <summary>Error codes of the CNI specification 1.1.0, section «Error»; 100 and up are a plugin's own.</summary>
public enum CniErrorCode
{
    /// <summary>The configuration's version is not spoken, or does not have the command.</summary>
    IncompatibleVersion = 1,

    /// <summary>A field of the configuration asks for something that is not supported; the message names it.</summary>
    UnsupportedField = 2,

    /// <summary>The container is unknown or does not exist.</summary>
    UnknownContainer = 3,

    /// <summary>A required environment variable is missing or invalid.</summary>
    InvalidEnvironment = 4,

    /// <summary>Input or output failed: stdin, a file, stdout.</summary>
    IoFailure = 5,

    /// <summary>The configuration is not JSON, or a key has a value of the wrong JSON type.</summary>
    DecodingFailure = 6,

    /// <summary>The configuration is well-formed and says something that cannot be.</summary>
    InvalidNetworkConfig = 7,

    /// <summary>CNI_NETNS does not lead to a network namespace, or leads to the host's own.</summary>
    InvalidNetNs = 8,

    /// <summary>A passing condition: the runtime should try again later.</summary>
    TryAgainLater = 11,

    /// <summary>STATUS: the plugin cannot serve ADD.</summary>
    PluginNotAvailable = 50,

    /// <summary>STATUS: the plugin cannot serve ADD, and containers that run may have limited connectivity.</summary>
    LimitedConnectivity = 51,

    /// <summary>The kernel refused a change of links, addresses or routes.</summary>
    KernelRefused = 100,

    /// <summary>No free address is left in a range.</summary>
    AddressesExhausted = 101,

    /// <summary>CHECK: what is there is not what the previous result says.</summary>
    CheckFailed = 102,

    /// <summary>Something that another owner holds is in the way: an interface name, an address, a port.</summary>
    Conflict = 103,

    /// <summary>A plugin that is to be delegated to is not in CNI_PATH, or broke the protocol.</summary>
    DelegateFailed = 104,

    /// <summary>Anything unforeseen, as the reference's ErrInternal.</summary>
    Internal = 999,
}
