using System.Runtime.Versioning;

// Namespaces, pidfds and CRI logs: nothing here has a meaning elsewhere.
[assembly: SupportedOSPlatform("linux")]
