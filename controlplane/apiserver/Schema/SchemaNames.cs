namespace Podwire.ApiServer.Schema;

/// <summary>Short package names and the ones OpenAPI documents use.</summary>
internal static class SchemaNames
{
    public const string Quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    public const string IntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";
    public const string Time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
    public const string MicroTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";

    public static string FullName(string name) => name.StartsWith("meta.", StringComparison.Ordinal)
        ? $"io.k8s.apimachinery.pkg.apis.meta.v1.{name[5..]}"
        : name.StartsWith("apiextensions.", StringComparison.Ordinal) ? $"io.k8s.apiextensions-apiserver.pkg.apis.{name[..13]}.v1.{name[14..]}"
        : $"io.k8s.api.{name[..name.IndexOf('.')]}.v1.{name[(name.IndexOf('.') + 1)..]}";
}
