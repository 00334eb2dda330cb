using System.Reflection;

namespace DctNet.Service;

/// <summary>Version of this build, without the commit.</summary>
internal static class ServiceVersion
{
    public static string Current { get; } =
        typeof(ServiceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
