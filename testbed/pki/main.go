// Command pki makes the certificates of one control plane of the testbed.
//
//	pki DIRECTORY NAME|COMMON-NAME|GROUP,GROUP|HOST,HOST ...
//
// The authority (ca.crt, ca.key) and the pair that signs service accounts' tokens (sa.key, sa.pub) are made
// when they are missing; then NAME.crt and NAME.key for each argument. It needs nothing but Go's own library,
// because a fresh machine has no openssl for certain. It never serves anything that is not a test.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const validFor = 30 * 24 * time.Hour

type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: pki DIRECTORY NAME|COMMON-NAME|GROUPS|HOSTS ..."))
	}
	directory := os.Args[1]
	ca, err := openAuthority(directory)
	if err != nil {
		fail(err)
	}
	for _, request := range os.Args[2:] {
		if err := ca.issue(directory, request); err != nil {
			fail(err)
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "pki:", err)
	os.Exit(1)
}

func openAuthority(directory string) (*authority, error) {
	path := filepath.Join(directory, "ca")
	if _, err := os.Stat(path + ".crt"); os.IsNotExist(err) {
		return newAuthority(directory, path)
	}
	certificate, err := readBlock(path + ".crt")
	if err != nil {
		return nil, err
	}
	private, err := readBlock(path + ".key")
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParseECPrivateKey(private)
	if err != nil {
		return nil, err
	}
	return &authority{certificate: parsed, key: key}, nil
}

func newAuthority(directory, path string) (*authority, error) {
	if err := writeTokenPair(directory); err != nil {
		return nil, err
	}
	key, err := writeKey(path + ".key")
	if err != nil {
		return nil, err
	}
	template, err := newTemplate("trueline-testbed", nil)
	if err != nil {
		return nil, err
	}
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	ca := &authority{certificate: template, key: key}
	der, err := ca.sign(template, key.Public())
	if err != nil {
		return nil, err
	}
	if ca.certificate, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return ca, writeBlock(path+".crt", "CERTIFICATE", der)
}

func (ca *authority) issue(directory, request string) error {
	parts := strings.Split(request, "|")
	if len(parts) != 4 {
		return fmt.Errorf("%q: want NAME|COMMON-NAME|GROUPS|HOSTS", request)
	}
	path := filepath.Join(directory, parts[0])
	key, err := writeKey(path + ".key")
	if err != nil {
		return err
	}
	template, err := newTemplate(parts[1], list(parts[2]))
	if err != nil {
		return err
	}
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	for _, host := range list(parts[3]) {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := ca.sign(template, key.Public())
	if err != nil {
		return err
	}
	return writeBlock(path+".crt", "CERTIFICATE", der)
}

func (ca *authority) sign(template *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	return x509.CreateCertificate(rand.Reader, template, ca.certificate, public, ca.key)
}

func newTemplate(commonName string, groups []string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName, Organization: groups},
		NotBefore:    now.Add(-time.Hour), // clocks of containers differ
		NotAfter:     now.Add(validFor),
	}, nil
}

func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func writeTokenPair(directory string) error {
	key, err := writeKey(filepath.Join(directory, "sa.key"))
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writeBlock(filepath.Join(directory, "sa.pub"), "PUBLIC KEY", der)
}

func writeKey(path string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writeBlock(path, "EC PRIVATE KEY", der)
}

func writeBlock(path, kind string, der []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

func readBlock(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s: not PEM", path)
	}
	return block.Bytes, nil
}
