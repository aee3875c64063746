namespace Podwire.ApiServer.Schema;

/// <summary>The shapes a field's value can have.</summary>
internal enum SchemaKind
{
    Text,
    Bytes,
    Bool,
    Int32,
    Int64,
    Double,
    Quantity,
    IntOrString,
    Time,
    MicroTime,

    /// <summary>Any object, kept as it is.</summary>
    Any,

    /// <summary>Any JSON value, kept as it is.</summary>
    Json,
    Object,
    List,
    Map,
}
