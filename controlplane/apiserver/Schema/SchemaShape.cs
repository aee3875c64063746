namespace Podwire.ApiServer.Schema;

/// <summary>A value's shape: <see cref="TypeName"/> for objects, <see cref="Element"/> for lists and maps, <see cref="Values"/> for enumerations.</summary>
internal sealed record SchemaShape(SchemaKind Kind, string? TypeName = null, SchemaShape? Element = null, IReadOnlyList<string>? Values = null);
