# What a program with Ruby's acme-client does: ruby.rb open|obtain|revoke. The cell is told by the environment.
require 'openssl'
require 'acme-client'

cell, names, challenge = ENV.values_at('cell', 'names', 'challenge')
names = names.split

def account_key(path)
  File.write(path, OpenSSL::PKey::EC.generate('prime256v1').to_pem) unless File.exist?(path)
  OpenSSL::PKey.read(File.read(path))
end

def leaf_key(kind)
  return OpenSSL::PKey::RSA.new(2048) if kind == 'rsa-2048'
  OpenSSL::PKey::EC.generate(kind == 'ec-p384' ? 'secp384r1' : 'prime256v1')
end

# The block says whether it is over.
def await
  200.times do
    return if yield
    sleep 0.1
  end
  raise 'the CA does not come to an end'
end

def prove(authorization, method)
  challenge = method == 'dns-01' ? authorization.dns : authorization.http
  proof = method == 'dns-01' ? challenge.record_content : challenge.file_content
  system(ENV['answer'], method, authorization.domain, challenge.token, proof, exception: true)
  challenge.request_validation
  await { challenge.reload; !%w[pending processing].include?(challenge.status) }
  raise challenge.error.inspect unless challenge.status == 'valid'
end

client = Acme::Client.new(private_key: account_key("#{cell}/account.pem"), directory: ENV['directory'])
case ARGV[0]
when 'open'
  client.new_account(contact: 'mailto:ops@app.test', terms_of_service_agreed: true)
when 'obtain'
  order = client.new_order(identifiers: names)
  order.authorizations.each { |authorization| prove(authorization, challenge) }
  key = leaf_key(ENV['key'])
  await { order.reload; order.status != 'pending' }
  order.finalize(csr: Acme::Client::CertificateRequest.new(private_key: key, names: names))
  await { order.reload; order.status != 'processing' }
  File.write("#{cell}/key.pem", key.to_pem)
  File.write("#{cell}/chain.pem", order.certificate)
when 'revoke'
  client.revoke(certificate: File.read("#{cell}/chain.pem"), reason: 4)
when 'leave'
  client.account_update(contact: 'mailto:new@app.test')
  client.account_deactivate
end
